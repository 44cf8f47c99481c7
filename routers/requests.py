"""Reading bodies: JSON whatever the Content-Type says (openapi/CONTRACT.md, 1.1)."""

import json
from codecs import BOM_UTF8
from typing import Any

from fastapi import Request
from pydantic_core import from_json
from starlette.exceptions import HTTPException

#: A cart of 500 items takes about 150 KB; API Gateway would accept 10 MB.
MAX_BODY_BYTES = 256 * 1024


class JSONRequest(Request):
    """A request whose body is JSON, even if the old till calls it a form."""

    async def body(self) -> bytes:
        """Return the body; reading stops at the limit.

        Raises:
            HTTPException: it is larger than :data:`MAX_BODY_BYTES`.
        """
        if not hasattr(self, "_body"):
            body = bytearray()
            async for chunk in self.stream():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise HTTPException(413, "the body is larger than 256 KiB")
            self._body = bytes(body)
        return self._body

    async def json(self) -> Any:
        """Return the parsed body; NaN and deep nesting, which Python accepts, are refused.

        A byte order mark before it, which some Windows tools write, is ignored (RFC 8259, 8.1).

        Raises:
            json.JSONDecodeError: the body is not JSON; answered with 400.
        """
        try:
            return from_json((await self.body()).removeprefix(BOM_UTF8), allow_inf_nan=False)
        except ValueError:
            raise json.JSONDecodeError("not valid JSON", "", 0) from None
