# Betz in a container: docker build -t betz .
FROM python:3.11-slim-bookworm AS build

WORKDIR /src
RUN python -m venv --without-pip /opt/betz
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
COPY catalogue catalogue
COPY dashboard dashboard
COPY db db
COPY listener listener
COPY phantoms phantoms
COPY processors processors
COPY reports reports
RUN python -m pip --python /opt/betz/bin/python install --no-cache-dir --constraint constraints.txt .


FROM python:3.11-slim-bookworm

RUN python -m pip uninstall --yes --quiet pip setuptools wheel \
    && useradd --system --uid 10001 --create-home --home-dir /var/lib/betz betz \
    && install --directory --owner betz --group betz --mode 0750 /var/lib/betz/archive \
    && install --directory --mode 0755 /etc/betz
COPY --from=build /opt/betz /opt/betz

ENV PATH=/opt/betz/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    BETZ_LISTENER__HOST=0.0.0.0 \
    BETZ_STORAGE__URL=/var/lib/betz/archive \
    BETZ_DATABASE__URL=sqlite:////var/lib/betz/betz.sqlite

# A betz.toml mounted here is read; BETZ_ variables go before it.
WORKDIR /etc/betz
USER betz
VOLUME /var/lib/betz
EXPOSE 11112
HEALTHCHECK --interval=30s --timeout=20s --start-period=30s --retries=3 CMD ["betz", "health", "listener"]
ENTRYPOINT ["betz"]
CMD ["serve"]
