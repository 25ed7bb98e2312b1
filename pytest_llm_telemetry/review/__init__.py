"""The one path: a stored run -> metrics -> gate -> report. pytest and the command line call it."""
