# Assist with the engines of EXTRAS and the weights of the embedded ones; FreeSWITCH and Redis are images of their own.
#   docker build -t assist .
# Of any Debian with Python 3.11 or newer, if that of the registry is not wanted: --build-arg BASE=…
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
ARG EXTRAS=local,neural,openai,deepgram,google,aws,otel,api
RUN python3 -m venv /opt/assist
WORKDIR /src
# The packages by themselves: a change of the code does not fetch them again.
COPY setup.cfg pyproject.toml README.md LICENSE ./
RUN /opt/assist/bin/pip install --no-cache-dir ".[${EXTRAS}]"
COPY assist assist
RUN /opt/assist/bin/pip install --no-cache-dir --no-deps --force-reinstall .

FROM ${BASE}
# FreeSWITCH runs as the same user: a worker frees what it has heard of a recording, and that takes the right to write.
ARG UID=8084
ARG GID=8084
RUN groupadd --gid "${GID}" assist \
    && useradd --uid "${UID}" --gid assist --home-dir /var/lib/assist --shell /usr/sbin/nologin assist \
    && install --directory --owner=assist --group=assist --mode=0750 /var/lib/assist
COPY --from=build /opt/assist /opt/assist
WORKDIR /srv/assist
COPY config config
# For FreeSWITCH, which another container of the pod runs: see deploy/kubernetes.
COPY freeswitch/conf freeswitch/conf
COPY scripts/freeswitch scripts/freeswitch
COPY deploy/start-freeswitch ./
ENV PATH=/opt/assist/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ASSIST_STATE_DIR=/var/lib/assist \
    ASSIST_METRICS_LISTEN=127.0.0.1:9464
USER ${UID}:${GID}
VOLUME /var/lib/assist
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9464/health/ready')"]
ENTRYPOINT ["assist"]
CMD ["serve"]
