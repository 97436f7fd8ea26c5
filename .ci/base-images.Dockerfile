# The base images of the Dockerfile with their digests, on which the workflows build.
#
#     .ci/base-images    prints them as build arguments
#
# Dependabot updates the digests, which it cannot do in build arguments. The tags are the Dockerfile's; a
# test compares them. A machine without a registry has no image of these digests.
# checkov:skip=CKV_DOCKER_2: nothing is built from this file
# checkov:skip=CKV_DOCKER_3: nothing is built from this file
FROM node:20-bookworm-slim@sha256:2cf067cfed83d5ea958367df9f966191a942351a2df77d6f0193e162b5febfc0 AS NODE_IMAGE
FROM rust:1.95-slim-bookworm@sha256:d7482085ff5b415f84dba5647ae71606650bdef00db7aeb69f4b3d170c3e4082 AS RUST_IMAGE
FROM debian:bookworm-slim@sha256:7c7b2c966bc9ee8cedfeef67e0e279108992c77681fa595db4a9d65c06ccc587 AS FINAL_IMAGE
