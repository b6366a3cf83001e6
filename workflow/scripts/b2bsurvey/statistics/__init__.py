"""Survey statistics: arrays in, results out; knows neither files nor questionnaires."""
