"""Ordinary text and code, in pieces: of Python's standard library and of the crates that Cargo.lock names, the same
ones wherever the versions are the same. Models learn from it, and `scripts/eval.sh --ordinary` counts alarms on it.
Models learn from pages of packages of Node as well."""

import glob
import hashlib
import os
import pathlib
import random
import re
import subprocess
import sysconfig
import tarfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
LINES = (1, 3, 8)
SHORTEST, LONGEST = 200, 60_000
"""Characters and bytes of a page."""
# Packages of Node of which the pages are read, all under MIT, ISC, BSD or Apache-2.0.
PACKAGES = """
    agenda@6.2.6 ai@6.0.326 ajv@8.20.0 amqplib@2.3.1 @anthropic-ai/sdk@1.12.0 argon2@0.45.1 axios@1.21.1
    @azure/identity@4.14.1 bcrypt@6.0.0 better-sqlite3@12.11.1 bullmq@6.7.0 cassandra-driver@4.10.0 chalk@6.0.1
    chart.js@4.6.1 cheerio@1.2.0 chokidar@5.0.0 commander@15.1.0 cors@2.8.6 csv-parse@7.0.3 d3@7.9.2 date-fns@4.4.0
    dayjs@1.11.23 debug@4.4.3 discord.js@14.28.1 dotenv@18.0.10 drizzle-orm@0.45.4 ejs@7.0.2
    @elastic/elasticsearch@9.5.1 electron-builder@26.17.0 eslint-plugin-import@2.32.0 eslint@10.15.0 exceljs@4.4.0
    execa@9.6.1 express-rate-limit@8.7.4 express@5.3.0 fast-glob@3.3.3 fast-xml-parser@5.12.1 fastify@5.12.8
    firebase-admin@13.10.0 fs-extra@11.4.1 glob@14.0.6 google-auth-library@11.3.4 got@14.6.6 graphql@16.15.0
    handlebars@4.7.10 helmet@8.3.0 hono@4.13.19 husky@9.1.7 i18next@27.1.2 inquirer@14.2.5 ioredis@6.0.0
    isomorphic-git@1.44.11 jest@30.5.2 joi@18.3.2 js-yaml@5.5.0 jsdom@29.1.1 jsonwebtoken@9.0.3 kafkajs@2.2.4
    keyv@5.6.0 knex@3.3.0 koa@3.3.0 ky@1.14.3 @langchain/core@1.4.0 leaflet@1.9.4 lerna@10.1.1 lint-staged@17.6.1
    listr2@11.4.0 lodash@4.18.1 lowdb@7.0.1 luxon@3.7.2 markdown-it@15.0.3 marked@18.2.1 micromatch@4.0.8
    minimist@1.2.8 mocha@12.0.3 moment@2.31.0 mongodb@7.9.0 mongoose@9.12.1 mqtt@5.16.0 msw@2.15.0 multer@2.5.0
    mysql2@3.24.6 nanoid@6.0.2 nats@2.29.3 neo4j-driver@6.3.0 nock@15.0.2 node-cron@4.6.0 node-fetch@3.3.2
    node-gyp@12.4.0 node-notifier@10.0.1 node-pty@1.1.0 node-telegram-bot-api@2.1.0 nodemailer@10.6.0 nodemon@3.1.14
    @octokit/rest@22.0.1 ollama@0.6.4 openai@7.57.0 ora@9.4.1 otplib@13.5.0 papaparse@5.7.1 passport@0.7.0
    pdf-lib@1.17.1 pg@8.23.1 pino@10.4.0 pixi.js@8.22.0 prettier@3.10.1 pug@3.0.4 puppeteer-core@24.43.1 qrcode@1.5.4
    react-router@7.18.5 redux@5.0.1 @reduxjs/toolkit@2.14.0 rollup@4.68.7 rxjs@7.8.2 semantic-release@25.0.9
    semver@7.8.6 sequelize@6.37.8 shelljs@0.10.0 simple-git@4.0.2 sinon@22.1.0 @slack/web-api@8.2.0 socket.io@4.8.4
    standard-version@9.5.0 stripe@23.1.0 stylelint@18.0.0 @supabase/supabase-js@2.119.1 superagent@10.4.2
    svelte@5.57.3 systeminformation@5.33.23 telegraf@4.16.3 @trpc/server@11.25.2 tsx@4.23.15 twilio@6.2.0
    typeorm@1.1.1 undici@8.12.4 uuid@14.0.3 vite@8.3.8 vitest@5.1.1 vue@3.5.45 webpack@5.112.2 whatsapp-web.js@1.34.7
    winston@3.19.0 ws@8.23.0 xml2js@0.6.2 yaml@2.9.1 yargs@18.2.0 zod@4.6.7 zx@8.8.5
""".split()


def sources():
    """Files with a name that is the same everywhere."""
    crates = re.findall(r'name = "(.+)"\nversion = "(.+)"\nsource', (ROOT / "Cargo.lock").read_text())
    home = os.environ.get("CARGO_HOME", os.path.expanduser("~/.cargo"))
    folders = [path for name, version in crates for path in glob.glob(f"{home}/registry/src/*/{name}-{version}")]
    files = []
    for folder in folders + [sysconfig.get_paths()["stdlib"]]:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            inner = path.relative_to(folder).as_posix()
            skipped = ("site-packages", "test", "pydoc_data", "lib2to3", "encodings", "__pycache__")
            if path.suffix in (".py", ".rs", ".md", ".toml", ".txt") and not any(part in inner for part in skipped):
                files.append((f"{pathlib.Path(folder).name}/{inner}", path))
    return files


def snippets(count, seed):
    """Pieces of so many lines as `LINES` says, half of the files for learning and half for judging."""
    files = sources()
    chosen = random.Random(seed)
    chosen.shuffle(files)
    found = ([], [])
    for name, path in files:
        if min(map(len, found)) >= count:
            break
        lines = path.read_bytes()[:300_000].decode("utf-8", "replace").split("\n")
        half = digest(name) % 2
        for length in LINES:
            for _ in range(4):
                at = chosen.randrange(max(len(lines) - length, 1))
                piece = "\n".join(lines[at:at + length])
                if 5 <= len(piece.strip()) and len(piece) < 2000:
                    found[half].append(piece)
    return [part[:count] for part in found]


def documents():
    """Whole pages of documentation, likewise in halves."""
    found = ([], [])
    for name, path in sources():
        text = path.read_bytes()[:LONGEST].decode("utf-8", "replace")
        if path.suffix in (".md", ".txt") and len(text) > SHORTEST:
            found[digest(name) % 2].append(text)
    return found


def packed():
    """The pages of some packages of Node, likewise in halves."""
    return members((".md", ".mdx"), LONGEST)


def programs(count, longest, seed):
    """Whole source files, so many of Python and Rust and as many of packages of Node, likewise in halves."""
    files = [(name, path) for name, path in sources() if path.suffix in (".py", ".rs")]
    random.Random(seed).shuffle(files)
    found = ([], [])
    for name, path in files:
        text = path.read_bytes()[:longest].decode("utf-8", "replace")
        if len(text) > SHORTEST:
            found[digest(name) % 2].append(text)
    others = members((".js", ".cjs", ".mjs", ".ts", ".json", ".css", ".yml"), longest)
    for part in others:
        random.Random(seed).shuffle(part)
    return [own[:count] + more[:count] for own, more in zip(found, others)]


def members(endings, longest):
    """Files of the packages of Node, in halves. The packages are fetched once, into target/."""
    folder = ROOT / "target/train-pages"
    folder.mkdir(parents=True, exist_ok=True)
    missing = [one for one in PACKAGES if not (folder / tarball(one)).exists()]
    if missing:
        subprocess.run(["npm", "pack", "--silent", *missing], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    found = ([], [])
    for one in PACKAGES:
        with tarfile.open(folder / tarball(one)) as package:
            # In the order of the package, which is read from the beginning for each step back.
            texts = {file.name: package.extractfile(file).read(longest).decode("utf-8", "replace")
                     for file in package if file.isfile() and file.name.lower().endswith(endings)}
        for name, text in sorted(texts.items()):
            if len(text) > SHORTEST:
                found[digest(f"{one}/{name}") % 2].append(text)
    return found


def tarball(package):
    """How `npm pack` calls it."""
    name, _, version = package.rpartition("@")
    return f"{name.lstrip('@').replace('/', '-')}-{version}.tgz"


def digest(text):
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
