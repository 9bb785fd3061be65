# The whole project with what has to be made once. `docker compose up` runs the embedded herd; any command of pgherd can follow:
#   docker run --network host pgherd serve -f /etc/pgherd/pgpool.conf
FROM node:24-bookworm-slim
WORKDIR /srv/pgherd
COPY . .
RUN npm ci && node_modules/.bin/node --no-warnings apps/console/tools/build.ts
ENTRYPOINT ["packages/cli/bin/pgherd"]
CMD ["up", "--dir", "/var/lib/pgherd"]
