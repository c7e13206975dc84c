"""Service models: botocore's, found by signing name, and the IAM prefix of each service."""

from __future__ import annotations

import functools

import botocore.loaders
import botocore.model

# Signing name -> botocore's service name, where they differ.
SIGNING = {"states": "stepfunctions", "monitoring": "cloudwatch", "eventbridge": "events",
           "tagging": "resourcegroupstaggingapi"}
# botocore's service name -> IAM prefix, where they differ.
PREFIX = {"stepfunctions": "states"}
# botocore's service name -> signing name, where they differ.
SIGNED_AS = {"stepfunctions": "states", "cloudwatch": "monitoring", "resourcegroupstaggingapi": "tagging"}

_LOADER = botocore.loaders.Loader()


@functools.cache
def service_model(service: str) -> botocore.model.ServiceModel:
    """botocore's model of a service; raises UnknownServiceError."""
    return botocore.model.ServiceModel(_LOADER.load_service_model(service, "service-2"), service)


@functools.cache
def operation_model(service: str, operation: str) -> botocore.model.OperationModel:
    """botocore's model of an operation."""
    return service_model(service).operation_model(operation)


@functools.cache
def paginators(service: str) -> dict:
    """botocore's paginators of a service."""
    try:
        return _LOADER.load_service_model(service, "paginators-1")["pagination"]
    except Exception:  # botocore raises different errors for a missing file
        return {}


@functools.cache
def known(service: str) -> bool:
    """Whether botocore has a model of the service."""
    try:
        service_model(service)
        return True
    except Exception:
        return False


def by_signing_name(name: str) -> str:
    """The service of a SigV4 scope."""
    return SIGNING.get(name, name)


def signing_name(service: str) -> str:
    """The name that a SigV4 scope has for the service."""
    return SIGNED_AS.get(service, service)


def prefix(service: str) -> str:
    """The IAM prefix of the service: what faults and the log call it."""
    return PREFIX.get(service, service)


def by_prefix(name: str) -> str:
    """The service of an IAM prefix."""
    return SIGNING.get(name, name)


def protocol(service: str) -> str:
    """The protocol that moto speaks for a service."""
    if service == "cloudwatch":
        return "query"
    return service_model(service).metadata["protocol"]
