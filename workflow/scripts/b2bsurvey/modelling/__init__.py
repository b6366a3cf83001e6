"""Models of an outcome on several predictors: which ones, on which columns, how estimated, in which rows."""
