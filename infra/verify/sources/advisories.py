"""Known weaknesses of packages, from the database of the Open Source Vulnerabilities project.

The API: https://google.github.io/osv.dev/post-v1-querybatch/
"""

import os
from collections.abc import Sequence

import httpx

from infra.verify.sources.lock import Package

#: Where another copy of the database is asked.
ADDRESS_VARIABLE = "OSV_API_URL"
_ADDRESS = "https://api.osv.dev"
_TIMEOUT_SECONDS = 15.0


async def find_advisories(packages: Sequence[Package]) -> dict[str, list[str]]:
    """Return the ids of the advisories of each package that has one, by its package URL.

    Raises:
        httpx.HTTPError: the database does not answer.
        ValueError: something else answers in its place.
    """
    address = os.environ.get(ADDRESS_VARIABLE, _ADDRESS)
    queries = [{"package": {"purl": package.purl}} for package in packages]
    async with httpx.AsyncClient(base_url=address, timeout=_TIMEOUT_SECONDS) as http:
        answer = await http.post("/v1/querybatch", json={"queries": queries})
        answer.raise_for_status()
        results = answer.json()["results"]
    return {
        package.purl: [advisory["id"] for advisory in result["vulns"]]
        for package, result in zip(packages, results, strict=True)
        if result.get("vulns")
    }
