# syntax=docker/dockerfile:1
# One image with all processes; the command picks one: `docker run IMAGE org-job-web`.

FROM rust:1.95.0-slim-bookworm AS build
# The toolchain of the image is the pinned one; the file would make rustup fetch clippy and rustfmt.
ENV RUSTUP_TOOLCHAIN=1.95.0
WORKDIR /src
COPY . .
# The caches stay on the builder, so the binaries are copied out in the same step. They are all that cargo leaves at the
# top of target/release and may be executed.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --release --locked --workspace --exclude demo --exclude bench --exclude structure --bins \
    && mkdir /out \
    && find target/release -maxdepth 1 -type f -executable -exec cp -t /out {} +

FROM debian:bookworm-slim
# Root certificates for Salesforce and Redis; no package manager is needed afterwards.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --chmod=755 bin/healthcheck /usr/local/bin/healthcheck
COPY --from=build /out/ /usr/local/bin/
COPY salesforce /srv/salesforce
WORKDIR /srv
USER 10001:10001
ENV PORT=8080
EXPOSE 8080
CMD ["org-job-web"]
