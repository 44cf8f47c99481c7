"""The pages in a private bucket: what ``app/static`` holds, under the paths browsers ask for."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from app.static_files import (
    PAGE_TYPE,
    SERVED,
    STATIC,
    cache_control,
    read_file,
)
from infra.components.permissions import policy
from infra.topology import static_site_name


@dataclass(frozen=True)
class PublishedFile:
    """One object of the bucket; ``key`` is the path a browser asks for, without its slash."""

    key: str
    path: Path
    content_type: str
    cache_control: str


def published_files(static: Path = STATIC) -> Iterator[PublishedFile]:
    """Yield every file that is published, in a fixed order; the same that the API serves.

    Two pages have addresses without the name of a file, and pictures answer to their classic
    names, which end in ``.jpg``. The API reference comes from the API, with its own policy.
    """
    yield _published("index.html", static / "index.html", PAGE_TYPE)
    for key in ("pos", "pos/"):
        yield _published(key, static / "pos" / "index.html", PAGE_TYPE)
    for path in sorted(path for path in static.rglob("*") if path.suffix in SERVED):
        key = f"static/{path.relative_to(static).as_posix()}"
        yield _published(key, path, SERVED[path.suffix])
        if path.parent.name == "images":
            yield _published(f"{key.removesuffix('.svg')}.jpg", path, SERVED[path.suffix])


def _published(key: str, path: Path, content_type: str) -> PublishedFile:
    return PublishedFile(key, path, content_type, cache_control(path))


def _asset(path: Path) -> pulumi.Asset:
    """Return what is uploaded of a file: the same bytes that the API serves."""
    served = read_file(path)
    if served == path.read_bytes():
        return pulumi.FileAsset(str(path))
    return pulumi.StringAsset(served.decode())


class StaticSite(pulumi.ComponentResource):
    """A private bucket with the pages; only the CDN of this stack can read it."""

    def __init__(
        self,
        name: str,
        *,
        stack: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the bucket of a stack and fill it."""
        super().__init__("shop:pages:Pages", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        account = aws.get_caller_identity_output().account_id
        bucket = aws.s3.Bucket(
            name,
            # Bucket names are unique across all accounts.
            bucket=pulumi.Output.concat(static_site_name(stack), "-", account),
            # Everything in it comes from this program, and can be put there again.
            force_destroy=True,
            opts=child,
        )
        wall = aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        aws.s3.BucketOwnershipControls(
            name,
            bucket=bucket.bucket,
            rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=child,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.bucket,
            rules=[
                aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
                    apply_server_side_encryption_by_default=(
                        aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                            sse_algorithm="AES256"
                        )
                    )
                )
            ],
            opts=child,
        )
        for file in published_files():
            aws.s3.BucketObject(
                file.key,
                bucket=bucket.bucket,
                key=file.key,
                source=_asset(file.path),
                content_type=file.content_type,
                cache_control=file.cache_control,
                opts=child,
            )
        self.arn = bucket.arn
        self.bucket = bucket.bucket
        self.host = bucket.bucket_regional_domain_name
        self._wall = wall
        self.register_outputs({"bucket": self.bucket})

    def allow_reads_from(self, distribution: aws.cloudfront.Distribution) -> None:
        """Let one distribution read the pages; refuse every other reader, and calls without TLS."""
        objects = pulumi.Output.concat(self.arn, "/*")
        aws.s3.BucketPolicy(
            "pages",
            bucket=self.bucket,
            policy=pulumi.Output.json_dumps(
                policy(
                    {
                        "Sid": "ReadPages",
                        "Effect": "Allow",
                        "Principal": {"Service": "cloudfront.amazonaws.com"},
                        "Action": ["s3:GetObject"],
                        "Resource": [objects],
                        "Condition": {"StringEquals": {"aws:SourceArn": distribution.arn}},
                    },
                    {
                        "Sid": "NothingInTheOpen",
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "s3:*",
                        "Resource": [self.arn, objects],
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    },
                )
            ),
            # Without the block in place, a wrong policy could make the bucket public.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self._wall]),
        )
