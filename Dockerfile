# The worker as an image (and the CLI: `docker run --rm quorate:0.1.0 --help`). glibc, since the Temporal SDK's
# native part is not built for musl.
FROM node:22-bookworm-slim AS build
WORKDIR /quorate
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build \
  && npm prune --omit=dev --no-audit --no-fund \
  # The SDK brings its native part for five platforms, 30 MB each.
  && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 \
    ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} +

FROM node:22-bookworm-slim
LABEL org.opencontainers.image.title=quorate org.opencontainers.image.licenses=Apache-2.0
ENV NODE_ENV=production
WORKDIR /quorate
COPY package.json LICENSE ./
COPY bin ./bin
COPY --from=build /quorate/node_modules ./node_modules
COPY --from=build /quorate/dist ./dist
USER node
ENTRYPOINT ["node", "/quorate/bin/quorate.js"]
CMD ["worker"]
