import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import pytest
from PIL import Image

from pixray.errors import PixrayError
from pixray.images.fetch import fetch
from pixray.images.io import open_picture


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/picture.png":
            content = BytesIO()
            Image.new("RGB", (3, 2), "red").save(content, "PNG")
            return self.answer(200, content.getvalue())
        if self.path == "/moved":
            return self.answer(302, b"", Location="/picture.png")
        if self.path == "/sneaky":
            return self.answer(302, b"", Location="file:///etc/hostname")
        if self.path == "/big":
            return self.answer(200, b"x" * 5000)
        if self.path == "/words":
            return self.answer(200, b"no picture")
        return self.answer(404, b"")

    def answer(self, code, content, **headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *words):
        pass


@pytest.fixture(scope="module")
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("path", ["/picture.png", "/moved"])
def test_a_picture_comes_from_an_address(server, path):
    assert open_picture(server + path, "init_image").getpixel((0, 0)) == (255, 0, 0)


def test_a_redirect_leads_to_no_file(server):
    with pytest.raises(PixrayError, match="init_image"):
        fetch(f"{server}/sneaky", "init_image")


def test_only_so_many_bytes_are_taken(server):
    assert len(fetch(f"{server}/big", "overlay_image", most_bytes=5000)) == 5000
    with pytest.raises(PixrayError, match="overlay_image='http.*/big': more than"):
        fetch(f"{server}/big", "overlay_image", most_bytes=4999)


def test_what_is_no_picture_or_not_there_is_one_sentence(server):
    with pytest.raises(PixrayError, match="cannot be read as a picture"):
        open_picture(f"{server}/words", "init_image")
    with pytest.raises(PixrayError, match="the server answers 404"):
        open_picture(f"{server}/none?token=secret", "init_image")


def test_messages_hold_neither_passwords_nor_queries(server):
    with pytest.raises(PixrayError, match="must not hold a user name") as caught:
        fetch("http://me:geheim@127.0.0.1/x.png", "init_image")
    assert "geheim" not in str(caught.value)
    with pytest.raises(PixrayError) as caught:
        fetch(f"{server}/none?token=geheim", "init_image")
    assert "geheim" not in str(caught.value)
