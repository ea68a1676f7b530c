# Tillgate in a container: gateway and headquarters alike.
#   docker build -t tillgate .
#   docker run --rm -v store:/var/lib/tillgate tillgate init --chain C --store S --gateway G
#   docker run -v store:/var/lib/tillgate -p 1883:1883 tillgate
#   docker run -v hq:/var/lib/tillgate -p 1884:1884 -e TILLGATE_HEALTH_PORT=9190 tillgate hq run

FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
# No package needs its install script here, and the build comes when the sources are there.
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build
RUN npm prune --omit=dev --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production
# As the service unit has it: fewer pools of memory for the threads.
ENV MALLOC_ARENA_MAX=2
# Which port /healthz answers on: 9180 is the gateway's, 9190 that of headquarters.
ENV TILLGATE_HEALTH_PORT=9180
RUN useradd --system --uid 10001 --home-dir /var/lib/tillgate --shell /usr/sbin/nologin tillgate \
 && install --directory --owner=tillgate --group=tillgate --mode=0700 /var/lib/tillgate
WORKDIR /opt/tillgate
COPY --from=build /build/package.json /build/LICENSE ./
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/bin ./bin
COPY --from=build /build/dist ./dist
RUN ln -s /opt/tillgate/bin/tillgate.js /usr/local/bin/tillgate
USER tillgate
VOLUME /var/lib/tillgate
EXPOSE 1883 1884 9180 9190
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.TILLGATE_HEALTH_PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["tillgate", "--home", "/var/lib/tillgate"]
CMD ["run"]
