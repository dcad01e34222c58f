"""Holding a call against the published description of an API.

Reads OpenAPI 3.0 and 3.1 and Swagger 2.0, JSON or YAML. The descriptions are not part of this repository: they
are looked for in ``$ONCALL_TUI_SPECS``, else in ``../shared/api/specs`` beside it; :func:`require_spec` skips
the test, and says so, where they are not there.
"""

from __future__ import annotations

import copy
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
import yaml
from jsonschema.exceptions import ValidationError, best_match
from openapi_schema_validator import OAS30Validator, OAS31Validator, oas30_format_checker, oas31_format_checker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from oncall_tui.demo.wire import Request, Response

_ROOT = "urn:spec"
_FORM = "application/x-www-form-urlencoded"


def specs_dir() -> Path:
    """Where the descriptions are, or would be."""
    given = os.environ.get("ONCALL_TUI_SPECS")
    return Path(given) if given else Path(__file__).resolve().parents[3] / "shared" / "api" / "specs"


def require_spec(name: str) -> Path:
    """The description of that file name; skips the test where there is none."""
    path = specs_dir() / name
    if not path.is_file():
        pytest.skip(f"no {name}: set ONCALL_TUI_SPECS to the folder of the API descriptions")
    return path


@cache
def _load(path: Path) -> Any:
    content = path.read_text(encoding="utf-8")
    return json.loads(content) if path.suffix == ".json" else yaml.load(content, Loader=yaml.CSafeLoader)


def _absolute_refs(node: Any) -> Any:
    """``#/…`` as ``urn:spec#/…``, so that a schema can be taken out of its document."""
    if isinstance(node, dict):
        return {
            key: _ROOT + value
            if key == "$ref" and isinstance(value, str) and value[:1] == "#"
            else _absolute_refs(value)
            for key, value in node.items()
        }
    return [_absolute_refs(item) for item in node] if isinstance(node, list) else node


@dataclass(frozen=True)
class _Operation:
    method: str
    template: str
    pattern: re.Pattern[str]
    literal: int
    """Segments without a variable: the more, the closer the match."""
    spec: Mapping[str, Any]
    shared: tuple[Any, ...] = field(default=())

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.template}"


class SpecChecker:
    """Holds request and answer pairs against one description.

    Args:
        path: the file.
        base: what stands before the described paths in a request's path (``/api/v2``).
        amend: JSON pointer -> value: named corrections of the description's own mistakes, applied before use.
    """

    def __init__(self, path: Path, base: str = "", amend: Mapping[str, Any] | None = None) -> None:
        self._document = copy.deepcopy(_load(path))
        for pointer, value in (amend or {}).items():
            *way, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.lstrip("#").split("/")[1:]]
            place = self._document
            for step in way:
                place = place[int(step)] if isinstance(place, list) else place[step]
            assert last in place, f"{pointer} is not in {path.name}: the amendment is out of date"
            place[last] = value
        self._document = _absolute_refs(self._document)
        self._swagger = "swagger" in self._document
        self._base = base.rstrip("/")
        self._registry: Registry[Any] = Registry().with_resource(
            _ROOT, Resource(contents=self._document, specification=DRAFT202012)
        )
        is_31 = str(self._document.get("openapi", "")).startswith("3.1")
        self._validator: Any = OAS31Validator if is_31 else OAS30Validator
        self._formats: Any = oas31_format_checker if is_31 else oas30_format_checker
        self._operations = tuple(self._read_operations())
        self.checked: set[str] = set()
        """``GET /incidents 200`` of every pair that passed."""

    def check(self, request: Request, response: Response) -> None:
        """Raise AssertionError, naming operation and place, where the pair does not fit the description."""
        operation = self._operation(request)
        parameters = [self._resolved(item) for item in (*operation.shared, *operation.spec.get("parameters", ()))]
        self._check_parameters(operation, parameters, request)
        self._check_body(operation, parameters, request)
        self._check_response(operation, request, response)
        self.checked.add(f"{operation.name} {response.status}")

    # -- finding -----------------------------------------------------------------------------------------------

    def _read_operations(self) -> Iterator[_Operation]:
        for template, item in self._document["paths"].items():
            pattern = re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template)))
            literal = sum("{" not in part for part in template.split("/"))
            for method in ("get", "put", "post", "delete", "patch", "head"):
                if method in item:
                    shared = tuple(item.get("parameters", ()))
                    yield _Operation(method, template, pattern, literal, item[method], shared)

    def _operation(self, request: Request) -> _Operation:
        assert request.path.startswith(self._base), f"{request.path} is not below {self._base}"
        path = request.path[len(self._base) :]
        found = [item for item in self._operations if item.pattern.fullmatch(path)]
        assert found, f"no such path in the description: {request.method} {request.path}"
        closest = max(item.literal for item in found)
        for item in found:
            if item.literal == closest and item.method == request.method.lower():
                return item
        raise AssertionError(f"{request.method} is not described for {found[0].template}")

    def _resolved(self, node: Any) -> Any:
        while isinstance(node, dict) and "$ref" in node:
            place: Any = self._document
            for step in node["$ref"].removeprefix(_ROOT + "#/").split("/"):
                place = place[unquote(step).replace("~1", "/").replace("~0", "~")]
            node = place
        return node

    # -- request -----------------------------------------------------------------------------------------------

    def _check_parameters(self, operation: _Operation, parameters: list[Any], request: Request) -> None:
        described = {item["name"]: item for item in parameters if item["in"] == "query"}
        for name in dict.fromkeys(name for name, _ in request.query):
            parameter = described.get(name) or self._filter(described, name)
            assert parameter is not None, f"{operation.name}: query parameter {name!r} is not described"
            self._check_values(f"{operation.name}?{name}", parameter, request.values(name))
        for item in parameters:
            name, required = item["name"], item.get("required", False)
            if item["in"] == "query":
                assert not required or request.values(name), f"{operation.name}: query parameter {name!r} is missing"
            elif item["in"] == "header":
                value = request.headers.get(name.lower())
                assert not required or value, f"{operation.name}: header {name!r} is missing"
                if value:
                    self._check_values(f"{operation.name} {name}:", item, (value,))
        variables = re.findall(r"\{([^}]*)\}", operation.template)
        segments = re.sub(r"\\\{[^}]*\\\}", "([^/]+)", re.escape(operation.template))
        match = re.fullmatch(segments, request.path[len(self._base) :])
        assert match is not None
        for name, value in zip(variables, match.groups(), strict=True):
            for item in parameters:
                if item["in"] == "path" and item["name"] == name:
                    self._check_values(f"{operation.name} {name}", item, (unquote(value),))

    def _filter(self, described: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
        """The parameter that ``status[one_of]`` is part of, where ``status`` is described as a map: its values'."""
        base, bracket, rest = name.partition("[")
        schema = self._resolved(described[base].get("schema", {})) if bracket and base in described else {}
        if schema.get("type") != "object" or not re.fullmatch(r"\w+\]", rest):
            return None
        return {"name": name, "schema": schema.get("additionalProperties", {})}

    def _check_values(self, place: str, parameter: Mapping[str, Any], values: tuple[str, ...]) -> None:
        schema = self._resolved(parameter.get("schema", parameter))
        if schema.get("type") != "array":
            # PagerDuty describes some repeated ones by their items' schema: the brackets tell.
            assert len(values) == 1 or parameter["name"].endswith("[]"), f"{place}: given {len(values)} times"
            unique = schema.get("uniqueItems") and parameter["name"].endswith("[]")
            assert not unique or len(set(values)) == len(values), f"{place}: the same value twice"
            for value in values:
                self._check_word(place, schema, value)
            return
        split = parameter.get("explode") is False or parameter.get("collectionFormat") == "csv"
        items = [part for value in values for part in value.split(",")] if split else list(values)
        assert len(items) <= schema.get("maxItems", len(items)), f"{place}: more than {schema.get('maxItems')} items"
        assert not schema.get("uniqueItems") or len(set(items)) == len(items), f"{place}: the same value twice"
        for item in items:
            self._check_word(place, schema.get("items", {}), item)

    def _check_word(self, place: str, schema: Any, word: str) -> None:
        """A parameter arrives as text: it fits when one of its readings does."""
        schema = {key: value for key, value in schema.items() if key not in ("uniqueItems", "maxItems", "required")}
        errors = [error for reading in _readings(word) if (error := self._error(schema, reading)) is not None]
        assert len(errors) < len(_readings(word)), f"{place}: {word!r} does not fit: {errors[0].message}"

    def _check_body(self, operation: _Operation, parameters: list[Any], request: Request) -> None:
        if self._swagger:
            body = next((item for item in parameters if item["in"] == "body"), None)
            content = {"application/json": {"schema": body["schema"]}} if body else {}
            required = bool(body and body.get("required"))
        else:
            spec = self._resolved(operation.spec.get("requestBody")) or {}
            content, required = spec.get("content", {}), spec.get("required", bool(spec))
        if not request.body:
            assert not required or not content, f"{operation.name}: the body is missing"
            return
        assert content, f"{operation.name}: no body is described, {len(request.body)} bytes were sent"
        media = request.headers.get("content-type", "").split(";")[0].strip()
        assert media in content, f"{operation.name}: body sent as {media!r}, described: {sorted(content)}"
        schema = content[media].get("schema", {})
        if media == _FORM:
            properties = self._resolved(schema).get("properties", {})
            fields = parse_qsl(request.body.decode(), keep_blank_values=True)
            for name in self._resolved(schema).get("required", ()):
                assert any(name == key for key, _ in fields), f"{operation.name}: form field {name!r} is missing"
            for name, value in fields:
                assert name in properties, f"{operation.name}: form field {name!r} is not described"
                part = self._resolved(properties[name])
                self._check_word(f"{operation.name} {name}", part.get("items", part), value)
            return
        self._check_data(f"{operation.name} body", schema, request.json())

    # -- answer ------------------------------------------------------------------------------------------------

    def _check_response(self, operation: _Operation, request: Request, response: Response) -> None:
        described = operation.spec["responses"]
        found = next(
            (
                described[key]
                for key in (str(response.status), f"{response.status // 100}XX", "default")
                if key in described
            ),
            None,
        )
        place = f"{operation.name} answers {response.status}"
        assert found is not None, f"{place}: described are {sorted(described)}; it says {response.body[:200]!r}"
        spec = self._resolved(found)
        media = response.headers.get("content-type", "").split(";")[0].strip()
        if self._swagger:
            if "schema" in spec:
                self._check_data(place, spec["schema"], json.loads(response.body))
            return
        content = spec.get("content", {})
        if not content:
            return
        assert media in content, f"{place} as {media!r}, described: {sorted(content)}"
        self._check_data(place, content[media].get("schema", {}), json.loads(response.body))

    def _check_data(self, place: str, schema: Any, data: Any) -> None:
        error = self._error(schema, data)
        if error is not None:
            where = "/".join(str(step) for step in error.absolute_path) or "the whole"
            raise AssertionError(f"{place}: {where}: {error.message[:600]}")

    def _error(self, schema: Any, data: Any) -> ValidationError | None:
        validator = self._validator(self._plain(schema), registry=self._registry, format_checker=self._formats)
        found: ValidationError | None = best_match(validator.iter_errors(data))
        return found

    def _plain(self, schema: Any) -> Any:
        """Swagger 2 puts a parameter's schema beside its name and place; JSON Schema reads ``required`` otherwise."""
        if isinstance(schema, dict) and "in" in schema and "name" in schema:
            return {key: value for key, value in schema.items() if key not in ("in", "name", "required", "description")}
        return schema


def _readings(word: str) -> list[Any]:
    readings: list[Any] = [word]
    if word in ("true", "false"):
        readings.append(word == "true")
    if re.fullmatch(r"-?\d+", word, re.ASCII):
        readings.append(int(word))
    elif re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", word, re.ASCII):
        readings.append(float(word))
    return readings
