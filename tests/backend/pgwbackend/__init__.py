"""AWS-compatible server for pgwaudit's tests: moto, plus what moto lacks in the middle of the chain.

What it proves is limited: it shows that the program copes with AWS as these modules describe it.
Shapes and limits come from botocore's service models; behaviour that AWS does not document is marked
with the word "Assumption" where it is coded.
"""
