"""Holding a GraphQL call against a published schema: the request by its rules, the answer by being one to that request.

Reads SDL. The schemas are looked for as those of :mod:`tests.support.openapi` are.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from graphql import build_schema, execute_sync, get_operation_ast, parse, validate

from oncall_tui.demo.wire import Request, Response


class GraphQLChecker:
    """Holds request and answer pairs against one schema.

    Attributes:
        checked: ``query Alerts`` of every pair that passed with data, ``mutation X (error)`` of one with an error.
    """

    def __init__(self, path: Path) -> None:
        self._schema = build_schema(path.read_text("utf-8"))
        self.checked: set[str] = set()

    def check(self, request: Request, response: Response) -> None:
        """Raise AssertionError, naming what does not fit."""
        assert request.headers.get("content-type") == "application/json"
        body = request.json()
        assert set(body) == {"query", "variables", "operationName"}
        document = parse(body["query"])
        errors = validate(self._schema, document)
        assert not errors, f"{body['operationName']}: {errors[0].message}"
        operation = get_operation_ast(document, body["operationName"])
        assert operation is not None, f"no operation {body['operationName']}"
        name = f"{operation.operation.value} {body['operationName']}"
        answer = json.loads(response.body)
        if answer.get("errors"):
            assert all(isinstance(error.get("message"), str) for error in answer["errors"])
            self.checked.add(f"{name} (error)")
            self._run(document, None, body)
            return
        found = self._run(document, answer["data"], body)
        assert found == answer["data"], f"{name}: the answer is not what was asked for"
        self.checked.add(name)

    def _run(self, document: Any, data: Any, body: Any) -> Any:
        """The data that the schema makes of ``data``: all that is selected, in the types that are promised."""
        result = execute_sync(
            self._schema,
            document,
            root_value=data or {},
            variable_values=body["variables"],
            operation_name=body["operationName"],
        )
        if data is not None:
            assert not result.errors, f"{body['operationName']}: {result.errors[0]}"
        else:
            told = [error.message for error in result.errors or () if "Variable" in error.message]
            assert not told, told[0]
        return result.data
