# syntax=docker/dockerfile:1
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv/trustledger
RUN python -m venv /opt/venv
COPY requirements/prod.txt requirements/prod.txt
RUN /opt/venv/bin/pip install --require-hashes --no-deps -r requirements/prod.txt
COPY . .
# the settings want their secrets; none of these values reaches the image's environment
RUN SECRET_KEY=only-to-collect-static-files DATABASE_URL=postgresql://nobody@/nothing REDIS_URL=redis://nowhere \
    TRUSTLEDGER_IMAGE=1 /opt/venv/bin/python manage.py collectstatic --noinput

FROM python:3.11-slim-bookworm
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/trustledger --create-home trustledger
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv/trustledger /srv/trustledger
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 TRUSTLEDGER_IMAGE=1 TRUSTLEDGER_HOME=/var/lib/trustledger
WORKDIR /srv/trustledger
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
    CMD ["python", "scripts/docker/healthy.py"]
CMD ["gunicorn", "trustledger.wsgi", "-b", "0.0.0.0:8000", "-k", "gthread", "--workers", "4", "--threads", "8", \
     "--preload", "--no-control-socket", "--worker-tmp-dir", "/dev/shm", "--graceful-timeout", "20"]
