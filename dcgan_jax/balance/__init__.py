"""`--mode=balance`: a data set whose rarer classes are filled up with synthetic images."""
