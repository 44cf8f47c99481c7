"""The pages as files, and what browsers may do with them; used by the API and by ``infra/``."""

from pathlib import Path

#: Everything in here is public.
STATIC = Path(__file__).parent / "static"

#: Nothing from another host, nothing inline.
CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
#: The API reference needs inline styles.
REFERENCE_POLICY = f"{CONTENT_POLICY}; style-src 'self' 'unsafe-inline'"
