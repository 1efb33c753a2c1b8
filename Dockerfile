# pcapidx as a static program, for one user over stdio or for a team over HTTP:
#
#	docker build -t pcapidx .
#	docker run --rm -i -v pcapidx:/data -v "$PWD:/captures:ro" pcapidx mcp --allow-dir /captures
#	docker compose -f mcp/packaging/compose.yaml up -d
#
# Captures and keys live in the volume /data.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /out/pcapidx ./cmd/pcapidx && mkdir /out/data

# busybox has wget for the health check, and a /tmp.
FROM busybox:1.37-musl
LABEL org.opencontainers.image.title="pcapidx" \
      org.opencontainers.image.licenses="Apache-2.0" \
      io.modelcontextprotocol.server.name="io.github.pcapidx/pcapidx"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/pcapidx /usr/local/bin/pcapidx
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
ENV PCAPIDX_STORE=/data
VOLUME /data
EXPOSE 8080
# Of `serve`; a container that runs another command has no use for it.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/healthz"]
ENTRYPOINT ["pcapidx"]
CMD ["serve", "--listen", ":8080"]
