"""The page of a data set: what was on the screen and what was done, side by side, under the grant."""
