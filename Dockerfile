# The service: docker build -t digitlab . && docker run --rm -p 127.0.0.1:8000:8000 digitlab
FROM python:3.12-slim AS build
WORKDIR /build
COPY pyproject.toml README.md LICENSE constraints.txt ./
COPY src src
RUN python -m venv /opt/digitlab \
    && /opt/digitlab/bin/pip install --no-cache-dir --constraint constraints.txt '.[serve]'

FROM python:3.12-slim
COPY --from=build /opt/digitlab /opt/digitlab
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin digitlab
USER 10001
# Nothing is written: the root file system may be read-only.
ENV PATH=/opt/digitlab/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["digitlab", "serve"]
CMD ["--host", "0.0.0.0", "--port", "8000", "--workers", "2"]
