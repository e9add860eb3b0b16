"""The least that a page can be: Flask, one indexed read, one line of HTML, on the portal's own server.

What a page of the portal costs is divided by this.
"""

from flask import Flask
from sqlalchemy import create_engine, text

from iam.settings import Portal
from web.site.running.serving import serve

FOUND = text("SELECT staff_number, name FROM person WHERE id = :id")


def run(port: str, url: str) -> None:
    """Serve it at `port` over the database at `url` until told to stop."""
    portal = Portal.model_validate({"origin": f"http://localhost:{port}", "listen": f"127.0.0.1:{port}"})
    serve(portal, lambda: _app(url), lambda: None)


def _app(url: str) -> Flask:
    app, engine = Flask("bare"), create_engine(url)

    @app.get("/person/<int:id_>")
    def person(id_: int) -> str:
        with engine.connect() as connection:
            number, name = connection.execute(FOUND, {"id": id_}).one()
        return f"<!doctype html><title>{number}</title><p>{name}</p>"

    @app.get("/readyz")
    def readyz() -> str:
        return "ready"

    return app
