# What the pages take from npm: design tokens, as plain CSS.  Nothing of it runs.
FROM node:20-bookworm-slim AS tokens
WORKDIR /tokens
COPY web/style/package.json web/style/package-lock.json ./
RUN npm ci --ignore-scripts --omit=dev --no-audit --no-fund

# The locked runtime and nothing that only tests need.
FROM python:3.11-slim-bookworm AS runtime
WORKDIR /srv/kagimori
# "runtime-saml" for a body whose systems speak SAML: pysaml2, and xmlsec1 for its signatures.
ARG PARTS=runtime
RUN if [ "$PARTS" = runtime-saml ]; then \
        apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends xmlsec1 \
        && rm -rf /var/lib/apt/lists/*; \
    fi
# What PDF reports are drawn with, and a font that has Japanese.
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/*
COPY tools.lock runtime.lock runtime-saml.lock ./
RUN python -m venv /opt/uv \
    && /opt/uv/bin/pip install --no-cache-dir --require-hashes -r tools.lock \
    && /opt/uv/bin/uv venv /opt/kagimori \
    && /opt/uv/bin/uv pip sync --no-cache --python /opt/kagimori/bin/python --require-hashes $PARTS.lock
COPY pyproject.toml ./
COPY iam iam
COPY connectors connectors
COPY web web
COPY migrations migrations
RUN --mount=type=bind,from=tokens,source=/tokens/node_modules,target=/tokens \
    /opt/uv/bin/uv pip install --no-cache --offline --python /opt/kagimori/bin/python --no-deps --editable . \
    && /opt/kagimori/bin/python -m web.site.face.assets /tokens \
    && rm -rf /opt/uv \
    && useradd --system --uid 10001 --user-group kagimori \
    && install -d -o kagimori -g kagimori -m 0700 /var/lib/kagimori
ENV PATH=/opt/kagimori/bin:$PATH PYTHONDONTWRITEBYTECODE=1
USER kagimori
CMD ["iam", "--help"]

# The same with an OpenLDAP to practise on; never part of production.
FROM runtime AS practice
USER root
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends slapd ldap-utils \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -m 0755 /run/practice
