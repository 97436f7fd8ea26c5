# The gateway with its web client in one small image.
#
#     docker build --tag cruddur-gateway .
#     docker run --publish 127.0.0.1:4567:4567 --env DEMO=true --volume cruddur:/data --read-only cruddur-gateway

# The images to start from: replace them by a mirror's, or by digests.
# checkov:skip=CKV_DOCKER_7: it takes an image named by a build argument for one without a tag; they have one
ARG NODE_IMAGE=node:20-bookworm-slim
ARG RUST_IMAGE=rust:1.95-slim-bookworm
ARG FINAL_IMAGE=debian:bookworm-slim


# The pages, which the program embeds.
FROM ${NODE_IMAGE} AS web
WORKDIR /web
COPY web/package.json web/package-lock.json web/.npmrc ./
# No package's own install script is needed, so none may run.
RUN npm ci --ignore-scripts
COPY web/ ./
RUN npm run build


# The program.
FROM ${RUST_IMAGE} AS build
WORKDIR /build
# The dependencies first, under a stand-in for the program: this layer is made anew only when they
# change, and a change of the source compiles this crate alone. PROFILE is one of Cargo.toml's.
ARG PROFILE=release
COPY Cargo.toml Cargo.lock ./
RUN mkdir src benches \
    && touch src/lib.rs benches/graphql.rs \
    && echo 'fn main() {}' >src/main.rs \
    && cargo build --profile ${PROFILE} --locked \
    && cargo clean --profile ${PROFILE} --package cruddur
COPY build.rs ./
COPY migrations/ migrations/
COPY src/ src/
COPY --from=web /web/dist/ web/dist/
RUN cargo build --profile ${PROFILE} --locked \
    && install -D target/${PROFILE}/cruddur /image/usr/local/bin/cruddur \
    && install -D -m 644 /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ca-certificates.crt \
    && install -d -o 10001 -g 10001 /image/data


# Debian's slim image: it has the C library that the program was built with, whose resolver finds
# the database's host, and Debian mends it; the program brings the roots that it trusts AWS by. No
# command runs in this stage, so a smaller image with that library and without a shell (distroless/cc) can take its place.
FROM ${FINAL_IMAGE} AS final
COPY --from=build /image/ /
# A number, so that an orchestrator can see that it is not root.
USER 10001:10001
# The only place that is written to; the root file system may be read-only. The default database,
# sqlite:cruddur.db, lies here. DATABASE_URL is not set, so that DATABASE_URL_FILE and CONNECTION_URL
# work as they do elsewhere.
WORKDIR /data
VOLUME /data
# Other machines, and the container's own host, reach this address. Until there is a sign-in the
# gateway refuses to start with it unless DEMO=true says that everybody may act as VIEWER.
ENV HOST=0.0.0.0
EXPOSE 4567
# The check starts nothing, so its --demo opens nothing: it lets the check accept HOST where the
# gateway itself was given --demo and not DEMO.
HEALTHCHECK --interval=10s --timeout=6s --start-period=10s --retries=3 \
    CMD ["cruddur", "health", "--demo"]
ENTRYPOINT ["cruddur"]
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="cruddur" \
      org.opencontainers.image.description="A GraphQL and REST gateway over the Cruddur domain" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
