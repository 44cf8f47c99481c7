"""Where the image of the functions is pushed to."""

import pulumi
import pulumi_aws as aws


class ImageRepository(pulumi.ComponentResource):
    """A repository whose tags never move and whose images are scanned.

    A stack may run an image from another stack's repository: what was tested there can be
    what runs here. For the same reason no rule here deletes old images: from here one
    cannot see who runs them, and a function whose image is gone stops after a few idle weeks.
    """

    def __init__(
        self,
        name: str,
        *,
        stack: str,
        is_disposable: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the repository of a stack; only a disposable one is deleted with images in it."""
        super().__init__("shop:images:ImageRepository", name, None, opts)
        repository = aws.ecr.Repository(
            name,
            name=f"{stack}-acmeserverless",
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration=aws.ecr.RepositoryImageScanningConfigurationArgs(
                scan_on_push=True
            ),
            encryption_configurations=[
                aws.ecr.RepositoryEncryptionConfigurationArgs(encryption_type="AES256")
            ],
            force_delete=is_disposable,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.url = repository.repository_url
        self.register_outputs({"url": self.url})
