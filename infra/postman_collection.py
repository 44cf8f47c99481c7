"""A Postman collection of the API, generated from its document; Bruno and others import it, too.

The first folder logs in and keeps the tokens as variables, so that every request behind it works
as it stands on a shop with the classic users. Each request checks the status it gets.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from infra.seeds.classic import PASSWORD

Part = dict[str, Any]

#: https://schema.postman.com/collection/json/v2.1.0/draft-07/docs/index.html
_SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"

#: Whose token an operation needs; all others are asked as the user of the examples.
_FOR_STAFF = frozenset({"add_product", "list_carts", "list_orders", "list_users"})
#: What changes an account is done by a customer who was just registered.
_FOR_A_NEW_CUSTOMER = frozenset({"change_password", "close_account"})
#: Sends a token without needing one.
_WITH_A_TOKEN = frozenset({"log_out"})
#: Fields of examples that a log-in, or an earlier request, has to fill in.
_VARIABLES = {"access_token": "{{accessToken}}", "refresh_token": "{{refreshToken}}"}
#: What an operation's request or answer leaves in variables, as JavaScript.
_SAVED: Mapping[str, Mapping[str, str]] = {
    "refresh_tokens": {
        "accessToken": "answer.access_token",
        "refreshToken": "answer.refresh_token",
    },
    "change_password": {"newToken": "answer.access_token", "newPassword": "sent.new_password"},
}
#: Whose name an example registers is taken by the second time.
_UNIQUE_NAME = "customer-{{$guid}}"


def build_postman_collection(document: Part) -> Part:
    """Return the collection of an API document: log-ins, then a folder for each tag."""
    folders = [
        {
            "name": tag["name"],
            "description": tag["description"],
            "item": [
                _operation(document, path, method, operation)
                for path, method, operation in _operations(document)
                if tag["name"] in operation["tags"]
            ],
        }
        for tag in document["tags"]
    ]
    variables = {
        "baseUrl": "http://127.0.0.1:8000",
        "accessToken": "",
        "refreshToken": "",
        "staffToken": "",
        "newToken": "",
        "newUsername": "",
        "newPassword": PASSWORD,
    }
    return {
        "info": {
            "name": document["info"]["title"],
            "description": (
                "Run the folder `start` first: it logs in and keeps the tokens for all others.\n\n"
                "Set `baseUrl` to the address of your shop, which has to have the classic users."
            ),
            "version": document["info"]["version"],
            "schema": _SCHEMA,
        },
        "auth": _bearer("accessToken"),
        "variable": [{"key": name, "value": value} for name, value in variables.items()],
        "protocolProfileBehavior": {"disableCookies": True},
        "item": [{"name": "start", "item": list(_start(document))}, *folders],
    }


def _start(document: Part) -> Iterator[Part]:
    operations = {
        operation["operationId"]: (path, method, operation)
        for path, method, operation in _operations(document)
    }
    register, log_in = operations["register_user"], operations["log_in"]
    yield _operation(
        document,
        *register,
        name="Register a customer",
        save={"newUsername": "sent.username", "newPassword": "sent.password"},
    )
    who = {
        "Log in as the new customer": ("{{newUsername}}", {"newToken": "answer.access_token"}),
        "Log in as staff": ("staff", {"staffToken": "answer.access_token"}),
        "Log in": (
            _example(document, log_in[2])["username"],
            _SAVED["refresh_tokens"],
        ),
    }
    for name, (username, save) in who.items():
        body = {"username": username, "password": PASSWORD}
        yield _operation(document, *log_in, name=name, body=body, save=save)


def _operations(document: Part) -> Iterator[tuple[str, str, Part]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _operation(
    document: Part,
    path: str,
    method: str,
    operation: Part,
    *,
    name: str | None = None,
    body: Part | None = None,
    save: Mapping[str, str] | None = None,
) -> Part:
    """Return one request; ``save`` keeps fields of its answer as variables."""
    identity = operation["operationId"]
    save = save or _SAVED.get(identity, {})
    body = body or _example(document, operation)
    request: Part = {
        "method": method.upper(),
        "description": operation["description"],
        "header": [
            {"key": "Content-Type", "value": "application/json"} if body else None,
            *_headers(operation),
        ],
        "url": _url(path, operation),
    }
    request["header"] = [header for header in request["header"] if header]
    if body:
        text = json.dumps(body, indent=2, ensure_ascii=False)
        request["body"] = {
            "mode": "raw",
            "raw": text,
            "options": {"raw": {"language": "json"}},
        }
    if not operation["security"] and identity not in _WITH_A_TOKEN:
        request["auth"] = {"type": "noauth"}
    elif identity in _FOR_STAFF:
        request["auth"] = _bearer("staffToken")
    elif identity in _FOR_A_NEW_CUSTOMER:
        request["auth"] = _bearer("newToken")
    return {
        "name": name or operation["summary"],
        "event": [_script(operation, save)],
        "request": request,
    }


def _example(document: Part, operation: Part) -> Part:
    """Return the example body of an operation, with variables for what is only known later."""
    if "requestBody" not in operation:
        return {}
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    schema = document["components"]["schemas"][reference.rpartition("/")[2]]
    example = {**schema["examples"][0]}
    example |= {name: text for name, text in _VARIABLES.items() if name in example}
    if operation["operationId"] == "register_user":
        example["username"] = _UNIQUE_NAME
    if operation["operationId"] in _FOR_A_NEW_CUSTOMER:
        example["password"] = "{{newPassword}}"  # noqa: S105 - the name of a variable
    return example


def _headers(operation: Part) -> Iterator[Part]:
    """Yield the headers that may be sent; they are off until the user switches them on."""
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "header":
            yield {
                "key": parameter["name"],
                "value": "",
                "description": parameter["description"],
                "disabled": True,
            }


def _url(path: str, operation: Part) -> Part:
    parameters = operation.get("parameters", ())
    query = [
        {"key": found["name"], "value": "", "description": found["description"], "disabled": True}
        for found in parameters
        if found["in"] == "query"
    ]
    places = [
        {"key": found["name"], "value": found["example"], "description": found["description"]}
        for found in parameters
        if found["in"] == "path"
    ]
    parts = [f":{part[1:-1]}" if part.startswith("{") else part for part in path[1:].split("/")]
    url: Part = {
        "raw": "{{baseUrl}}/" + "/".join(parts),
        "host": ["{{baseUrl}}"],
        "path": parts,
    }
    return url | ({"query": query} if query else {}) | ({"variable": places} if places else {})


def _bearer(variable: str) -> Part:
    return {
        "type": "bearer",
        "bearer": [{"key": "token", "value": f"{{{{{variable}}}}}", "type": "string"}],
    }


def _script(operation: Part, save: Mapping[str, str]) -> Part:
    """Return what Postman runs behind a request: the check of its status, and what is kept."""
    success = min(int(status) for status in operation["responses"] if status < "300")
    lines = [f'pm.test("{success}", () => pm.response.to.have.status({success}));']
    sources = {"answer": "pm.response.json()", "sent": "JSON.parse(pm.request.body.raw)"}
    lines += [
        f"const {name} = {source};"
        for name, source in sources.items()
        if any(value.startswith(f"{name}.") for value in save.values())
    ]
    lines += [f'pm.collectionVariables.set("{name}", {value});' for name, value in save.items()]
    return {"listen": "test", "script": {"type": "text/javascript", "exec": lines}}
