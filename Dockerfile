# The gateway with its web client in one small image.
#
#     docker build --tag cruddur-gateway .
#     docker run --publish 127.0.0.1:4567:4567 --env DEMO=true --volume cruddur:/data --read-only cruddur-gateway

# The base images. Replace them with a mirror's images if you need to. The workflows build on the digests
# in .ci/base-images.Dockerfile.
# checkov:skip=CKV_DOCKER_7: it does not see the tags of images that build arguments name; all have one
ARG NODE_IMAGE=node:20-bookworm-slim
ARG RUST_IMAGE=rust:1.95-slim-bookworm
ARG FINAL_IMAGE=debian:bookworm-slim


# The web app and GraphiQL, which the program embeds.
FROM ${NODE_IMAGE} AS web
WORKDIR /web
COPY web/package.json web/package-lock.json web/.npmrc ./
# No package needs its install script, so none may run.
RUN npm ci --ignore-scripts
COPY web/ ./
# /packages has a manifest of each package in the web app, with what a scanner of the image reads.
RUN npm run build \
    && node -e 'for (const [path, { dev, version, license }] of Object.entries(require("./package-lock.json").packages)) { \
        if (!path || dev) continue; \
        const name = path.split("node_modules/").pop(); \
        fs.mkdirSync("/packages/" + path, { recursive: true }); \
        fs.writeFileSync("/packages/" + path + "/package.json", JSON.stringify({ name, version, license })); \
    }'


# The program.
FROM ${RUST_IMAGE} AS build
WORKDIR /build
# cargo-auditable writes the names and versions of the crates into the program, so that a scanner of the
# image finds them.
RUN cargo install --quiet --debug --locked cargo-auditable@0.7.7
# Build the dependencies first, with a stub in place of the program. This layer is rebuilt only when
# they change, so a source change compiles only this crate. PROFILE is a profile in Cargo.toml.
ARG PROFILE=release
COPY Cargo.toml Cargo.lock ./
RUN mkdir src benches \
    && touch src/lib.rs benches/graphql.rs \
    && echo 'fn main() {}' >src/main.rs \
    && cargo auditable build --profile ${PROFILE} --locked \
    && cargo clean --profile ${PROFILE} --package cruddur
COPY build.rs ./
COPY migrations/ migrations/
COPY src/ src/
COPY --from=web /web/dist/ web/dist/
COPY --from=web /packages/ /image/usr/share/cruddur/
RUN cargo auditable build --profile ${PROFILE} --locked \
    && install -D target/${PROFILE}/cruddur /image/usr/local/bin/cruddur \
    && install -D -m 644 /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ca-certificates.crt \
    && install -d -o 10001 -g 10001 /image/data


# Debian's slim image has the C library that the program was built with, whose resolver finds the
# database's host, and gets Debian's security updates. The CA certificates for AWS are copied in. No
# command runs in this stage, so an image with the same library and no shell (distroless/cc) works too.
FROM ${FINAL_IMAGE} AS final
COPY --from=build /image/ /
# Numeric, so that an orchestrator can tell that it is not root.
USER 10001:10001
# The program writes only here; the root file system can be read-only. The default database,
# sqlite:cruddur.db, is in this folder. DATABASE_URL is not set, so that DATABASE_URL_FILE and
# CONNECTION_URL work as usual.
WORKDIR /data
VOLUME /data
# The host and other machines reach this address. Without an identity provider the gateway refuses to
# listen on it unless DEMO=true, because any client could act as any user.
ENV HOST=0.0.0.0
EXPOSE 4567
HEALTHCHECK --interval=10s --timeout=6s --start-period=10s --retries=3 \
    CMD ["cruddur", "health"]
ENTRYPOINT ["cruddur"]
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="cruddur" \
      org.opencontainers.image.description="A GraphQL and REST gateway over the Cruddur domain" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
