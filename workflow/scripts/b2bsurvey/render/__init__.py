"""From tables to what people look at: figures, workbook, report. Computes nothing."""
