# An image in which gradebox runs as an ordinary user, with compilers and interpreters for submissions.
# docs/containers.md has the flags that the container needs. Without them, `gradebox doctor` says what is missing:
#
#   docker build -t gradebox .
#   docker run --rm --security-opt seccomp=gradebox-seccomp.json --security-opt apparmor=unconfined \
#     --security-opt systempaths=unconfined gradebox doctor
FROM node:22-bookworm-slim AS build
WORKDIR /src
COPY . .
RUN npm ci && npm pack

FROM node:22-bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends libseccomp2 gcc g++ libc6-dev python3 \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/gradebox-*.tgz /tmp/
RUN npm install --global /tmp/gradebox-*.tgz && rm /tmp/gradebox-*.tgz
USER node
WORKDIR /home/node
ENTRYPOINT ["gradebox"]
CMD ["doctor"]
