"""One coefficient: least squares on what effects leave, its error by cluster, interval and p value."""
