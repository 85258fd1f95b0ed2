"""Stability's gRPC service as a fake on this machine, over a real HTTP/2 connection. Needs grpcio and protobuf."""

from __future__ import annotations

import io
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any

from PIL import Image

from pixray.providers import stability_messages as wire
from pixray.providers.stability import import_grpc
from pixray.testing.fake_server import FAKE_KEY, fake_picture

Script = Callable[[Any, Any], Iterator[Any]]
"""Takes the request and the gRPC context, yields answers."""


class FakeStability:
    """A server for the time of a `with` block.

    `script` holds answers that come before the usual one, each once; `requests` and `metadata` what arrived.
    """

    key = FAKE_KEY

    def __init__(self) -> None:
        self.grpc = import_grpc()
        self.messages = wire.load_messages()
        self.requests: list[Any] = []
        self.metadata: list[dict[str, str]] = []
        self.script: deque[Script] = deque()
        self.left = threading.Event()
        self._server = self.grpc.server(futures.ThreadPoolExecutor(8), options=[("grpc.max_send_message_length", -1)])
        self._server.add_generic_rpc_handlers((self._handlers(),))
        self._port = self._server.add_insecure_port("127.0.0.1:0")

    @property
    def url(self) -> str:
        """host:port, to be used with `stability_plaintext`."""
        return f"127.0.0.1:{self._port}"

    def hang_next(self) -> None:
        """Let the next request wait until the other side leaves, which sets `left`."""
        self.script.append(self._hang)

    def __enter__(self) -> FakeStability:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(None)

    def image(self, request: Any, number: int = 0, finish: int = 0) -> Any:
        """An answer with one picture, in the request's size and the seed that counts up from the request's."""
        seed = (request.image.seed[0] if request.image.seed else 1) + number
        text = ", ".join(prompt.text for prompt in request.prompt if prompt.text)
        content = fake_picture(text, seed, (request.image.width or 512, request.image.height or 512))
        answer = self.answer(request)
        answer.artifacts.add(
            type=wire.ARTIFACT_IMAGE, mime="image/png", binary=content, seed=seed, finish_reason=finish
        )
        return answer

    def answer(self, request: Any) -> Any:
        """An answer without artifacts, as it keeps connections alive."""
        answer = self.messages.Answer(answer_id="a", request_id=request.request_id)
        answer.meta.engine_id = request.engine_id
        return answer

    def _handlers(self) -> Any:
        generate = self.grpc.unary_stream_rpc_method_handler(
            self._generate,
            request_deserializer=self.messages.Request.FromString,
            response_serializer=self.messages.Answer.SerializeToString,
        )
        engines = self.grpc.unary_unary_rpc_method_handler(
            self._engines,
            request_deserializer=self.messages.ListEnginesRequest.FromString,
            response_serializer=self.messages.Engines.SerializeToString,
        )
        by_method = {wire.METHOD: generate, wire.ENGINES_METHOD: engines}

        class Handlers(self.grpc.GenericRpcHandler):  # type: ignore[name-defined]
            def service(self, details: Any) -> Any:
                return by_method.get(details.method)

        return Handlers()

    def _generate(self, request: Any, context: Any) -> Iterator[Any]:
        self.requests.append(request)
        self._check_key(context)
        if self.script:
            yield from self.script.popleft()(request, context)
            return
        size = (request.image.width, request.image.height)
        if any(edge % 64 for edge in size):
            context.abort(self.grpc.StatusCode.UNKNOWN, "Exception iterating responses: size is no multiple of 64")
        yield self.answer(request)
        for number in range(request.image.samples or 1):
            yield self.image(request, number)

    def _engines(self, request: Any, context: Any) -> Any:
        self._check_key(context)
        engines = self.messages.Engines()
        engines.engine.add(id="stable-diffusion-xl-1024-v1-0", ready=True)
        engines.engine.add(id="stable-diffusion-v1-5", ready=False)
        return engines

    def _check_key(self, context: Any) -> None:
        metadata = {str(key): str(value) for key, value in context.invocation_metadata()}
        self.metadata.append(metadata)
        if metadata.get("authorization") != f"Bearer {self.key}":
            context.abort(self.grpc.StatusCode.UNAUTHENTICATED, "missing or wrong authorization")

    def _hang(self, request: Any, context: Any) -> Iterator[Any]:
        yield self.answer(request)
        while context.is_active():
            time.sleep(0.01)
        self.left.set()


def prompt_pictures(request: Any) -> list[tuple[int, Any]]:
    """The pictures of a request: their kind and what they show."""

    pictures = []
    for prompt in request.prompt:
        if prompt.HasField("artifact"):
            with Image.open(io.BytesIO(prompt.artifact.binary)) as opened:
                pictures.append((prompt.artifact.type, opened.copy()))
    return pictures
