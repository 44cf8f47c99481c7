"""AWS's error codes, and which are transient."""

# The SDKs' shared lists: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
#: HTTP's for too many calls, whatever the code says: nothing was done.
TOO_MANY_REQUESTS = 429
_TRANSIENT_STATUSES = frozenset({TOO_MANY_REQUESTS, 500, 502, 503, 504})
#: DynamoDB's for too many calls: nothing was done.
DYNAMODB_THROTTLES = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
    }
)
_TRANSIENT_CODES = DYNAMODB_THROTTLES | {
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestTimeout",
    "RequestTimeoutException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "TooManyRequestsException",
    "TransactionInProgressException",
}

#: There was no answer; whether the operation was done is unknown.
NO_ANSWER = "RequestTimeout"
#: Nothing was sent: this process makes as many calls as it may.
TOO_MANY_CALLS = "TooManyCalls"

#: What repeating cannot cure: the function may not do this, or what it calls is not there.
PERMANENT_CODES = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AWS.SimpleQueueService.NonExistentQueue",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InaccessibleEncryptionCredentialsException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSecurity",
        "InvalidSignatureException",
        "KMSAccessDeniedException",
        "KmsAccessDenied",
        "KmsDisabled",
        "KmsInvalidState",
        "KmsNotFound",
        "KmsOptInRequired",
        "KMS.DisabledException",
        "KMS.NotFoundException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "OptInRequired",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)


class AwsCallError(Exception):
    """AWS refused a call, or did not answer; ``code`` is AWS's own word for why."""

    def __init__(self, code: str, status: int) -> None:
        """Keep the code and the HTTP status (0 when there was no answer)."""
        super().__init__(f"{code} ({status})")
        self.code, self.status = code, status

    @property
    def is_permanent(self) -> bool:
        """Whether a repeat is refused like this one until an operator changes something."""
        return self.code in PERMANENT_CODES

    @property
    def is_transient(self) -> bool:
        """Whether the SDKs would repeat the call."""
        return self.status in _TRANSIENT_STATUSES or self.code in _TRANSIENT_CODES
