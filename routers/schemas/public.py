"""The base of what the shop answers."""

import warnings

from pydantic import BaseModel, ConfigDict
from pydantic.warnings import UnsupportedFieldAttributeWarning

# FastAPI ignores it where it builds models at once: it gives fields names that only it reads.
warnings.filterwarnings("ignore", category=UnsupportedFieldAttributeWarning)


class PublicModel(BaseModel):
    """A model of an answer, built when it is first used: no request needs all of them."""

    model_config = ConfigDict(defer_build=True)
