"""The routes and messages of a prediction server as OpenAPI, the same for cog's server and for `pixray serve`."""

from __future__ import annotations

from typing import Any

_EVENTS = ["start", "output", "logs", "completed"]
_STATES = ["starting", "processing", "succeeded", "canceled", "failed"]


def paths() -> dict[str, Any]:
    """The routes, by path and method."""
    name = {"name": "prediction_id", "in": "path", "required": True, "schema": {"type": "string"}}
    prefer = {"name": "prefer", "in": "header", "required": False, "schema": {"type": "string"}}
    prediction = {"200": _answer("The prediction", "PredictionResponse"), **_invalid()}
    accepted = {"202": _answer("The prediction has begun", "PredictionResponse")}
    body = {"content": _json("PredictionRequest")}
    create = {"requestBody": body, "responses": {**prediction, **accepted, "409": {"description": "Busy"}}}
    by_name = {**create, "parameters": [name, prefer]}
    return {
        "/": {"get": _operation("root", "The addresses of the other routes")},
        "/health-check": {"get": _operation("healthcheck", "Whether predictions can be made")},
        "/openapi.json": {"get": _operation("openapi", "This description")},
        "/predictions": {
            "post": {**_operation("predict", "Make a prediction"), **create, "parameters": [prefer]},
        },
        "/predictions/{prediction_id}": {
            "put": {**_operation("predict_idempotent", "Make a prediction under a name, once"), **by_name},
        },
        "/predictions/{prediction_id}/cancel": {
            "post": {
                **_operation("cancel", "End a prediction after its step"),
                "parameters": [name],
                "responses": {"200": {"description": "It ends"}, "404": {"description": "There is no such prediction"}},
            },
        },
        "/shutdown": {"post": _operation("shutdown", "End the server")},
    }


def message_schemas() -> dict[str, Any]:
    """What is sent and answered, by the name of its schema; the inputs and the output are described elsewhere."""
    text, moment = {"type": "string"}, {"type": "string", "format": "date-time"}
    request = {
        "id": text,
        "input": _reference("Input"),
        "webhook": {"type": "string", "format": "uri"},
        "webhook_events_filter": {"type": "array", "items": {"type": "string", "enum": _EVENTS}},
    }
    response = {
        "id": text,
        "input": _reference("Input"),
        "output": _reference("Output"),
        "status": {"type": "string", "enum": _STATES},
        "error": text,
        "logs": text,
        "created_at": moment,
        "started_at": moment,
        "completed_at": moment,
        "metrics": {"type": "object"},
    }
    problem = {"loc": {"type": "array", "items": {}}, "msg": text, "type": text}
    problems = {"type": "array", "items": {"type": "object", "properties": problem, "required": list(problem)}}
    return {
        "PredictionRequest": _object("PredictionRequest", request),
        "PredictionResponse": _object("PredictionResponse", response),
        "HTTPValidationError": _object("HTTPValidationError", {"detail": problems}),
    }


def _object(title: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "type": "object", "properties": properties}


def _operation(name: str, summary: str) -> dict[str, Any]:
    return {"operationId": name, "summary": summary, "responses": {"200": {"description": "Done"}}}


def _invalid() -> dict[str, Any]:
    return {"422": _answer("Wrong inputs", "HTTPValidationError")}


def _answer(description: str, schema: str) -> dict[str, Any]:
    return {"description": description, "content": _json(schema)}


def _json(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": _reference(schema)}}


def _reference(schema: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{schema}"}
