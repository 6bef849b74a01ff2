# syntax=docker/dockerfile:1
# One image with all processes; the command picks one: `docker run IMAGE org-job-web`. Two targets:
#   docker build --target local .   with local-org, for one machine (docker-compose.yml)
#   docker build .                  for production: the services, and no local org
# The base images are pinned by digest. `bin/pin-images` writes those that the registry has for the tags now;
# bin/check-deploy refuses an image without one.

FROM rust:1.95.0-slim-bookworm@sha256:d7482085ff5b415f84dba5647ae71606650bdef00db7aeb69f4b3d170c3e4082 AS build
# The toolchain of the image is the pinned one; the file would make rustup fetch clippy and rustfmt.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /src
COPY . .
# Of cargo; only a check builds with another one (bin/check-image).
ARG PROFILE=release
# The caches stay on the builder, so the binaries are copied out in the same step. They are all that cargo leaves at the
# top of target/release and may be executed; the folder of the profile dev is target/debug.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --profile "$PROFILE" --locked --workspace --exclude demo --exclude bench --exclude campaign --exclude plan --exclude structure --bins \
    && mkdir -p /out/services /out/local \
    && built=target/$([ "$PROFILE" = dev ] && echo debug || echo "$PROFILE") \
    && find "$built" -maxdepth 1 -type f -executable ! -name local-org -exec cp -t /out/services {} + \
    && cp "$built/local-org" /out/local/

FROM debian:bookworm-slim@sha256:88200866dfff7ea7f5cbcb6ec7c8a701889efe6fe859fe64d6990e4b07ea4171 AS base
# Root certificates for Salesforce and Redis; no package manager is needed afterwards.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --chmod=755 bin/healthcheck /usr/local/bin/healthcheck
COPY --from=build /out/services/ /usr/local/bin/
WORKDIR /srv
USER 10001:10001
ENV PORT=8080
EXPOSE 8080
CMD ["org-job-web"]

FROM base AS local
COPY --from=build /out/local/ /usr/local/bin/
COPY salesforce /srv/salesforce

# The last one is what `docker build` makes when no target is named.
FROM base AS production
