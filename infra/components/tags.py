"""Tags on everything that can carry them, so costs and leftovers have an owner."""

import pulumi

from infra.components.configuration import Configuration

#: The tag a stack's costs are found by; it has to be activated once for an account's bill.
STACK_TAG = "Stack"


def stack_tags(configuration: Configuration) -> dict[str, str]:
    """Return the tags of a stack: those it was told, and three that follow from the rest."""
    return {
        **configuration.tags.model_dump(),
        "ManagedBy": "Pulumi",
        STACK_TAG: configuration.stack,
        "Stage": configuration.settings.stage,
    }


def tag_everything(configuration: Configuration) -> None:
    """Tag every resource made from now on; tags a resource is given itself win.

    The provider's default tags would do the same, but only in an explicit provider, which
    ignores the rest of a stack's ``aws:`` configuration.
    """
    tags = stack_tags(configuration)

    def add_tags(
        made: pulumi.ResourceTransformationArgs,
    ) -> pulumi.ResourceTransformationResult | None:
        # Only what AWS can tag has this attribute in the generated classes.
        if not hasattr(type(made.resource), "tags_all"):
            return None
        own = pulumi.Output.from_input(made.props.get("tags"))
        all_tags = own.apply(lambda own: tags | (own or {}))
        return pulumi.ResourceTransformationResult({**made.props, "tags": all_tags}, made.opts)

    pulumi.runtime.register_stack_transformation(add_tags)
