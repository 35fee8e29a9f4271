//! Stacks that are found everywhere.

use super::Imported;

#[test]
fn wordpress_keeps_its_data() {
    let files = [(
        "compose.yml",
        "services:
  # The database.
  db:
    image: mysql:8.0
    command: '--default-authentication-plugin=mysql_native_password'
    volumes:
      - db_data:/var/lib/mysql
    restart: always
    environment:
      - MYSQL_ROOT_PASSWORD=somewordpress
      - MYSQL_DATABASE=wordpress
      - MYSQL_USER=wordpress
      - MYSQL_PASSWORD=word$$press
    expose:
      - 3306
      - 33060
  wordpress:
    image: wordpress:latest
    depends_on: [db]
    volumes:
      - wp_data:/var/www/html
    ports:
      - 80:80
    restart: always
    environment:
      - WORDPRESS_DB_HOST=db
      - WORDPRESS_DB_USER=wordpress
      - WORDPRESS_DB_PASSWORD=word$$press
volumes:
  db_data:
  wp_data: {}
",
    )];
    let imported = Imported::new(&files).expect_same(&[]);
    imported.says("volumes.db_data", "carried", "its claim is db-data");
    imported.says("name", "added", "names its volumes");
    let services = imported.bench.read("new/platform/services.yaml");
    assert!(services.contains("  # The database.\n  db:\n"), "{services}");
    assert!(!imported.bench.path().join("new/.import").exists());
}

#[test]
fn the_voting_app_builds_its_images() {
    let files = [
        (
            "compose.yml",
            "services:
  vote:
    build:
      context: ./vote
      target: dev
    depends_on:
      redis:
        condition: service_healthy
    healthcheck:
      test: [CMD, curl, -f, http://localhost]
      interval: 15s
      start_period: 10s
    volumes:
     - ./vote:/usr/local/app
    ports:
      - '8080:80'
    networks:
      - front-tier
      - back-tier
  result:
    build: result
    entrypoint: nodemon --inspect=0.0.0.0 server.js
    depends_on:
      db:
        condition: service_healthy
    ports:
      - '8081:80'
      - '127.0.0.1:9229:9229'
    networks: [front-tier, back-tier]
  worker:
    build:
      context: ./worker
      args: {MODE: release}
    depends_on:
      redis:
        condition: service_healthy
      db:
        condition: service_healthy
    networks: [back-tier]
  redis:
    image: redis:alpine
    volumes: ['./healthchecks:/healthchecks']
    healthcheck: {test: /healthchecks/redis.sh, interval: 5s}
    networks: [back-tier]
  db:
    image: postgres:15-alpine
    environment: {POSTGRES_USER: postgres, POSTGRES_PASSWORD: postgres}
    volumes: ['db-data:/var/lib/postgresql/data', './healthchecks:/healthchecks']
    healthcheck: {test: /healthchecks/postgres.sh, interval: 5s}
    networks: [back-tier]
  seed:
    build: ./seed-data
    profiles: [seed]
    depends_on: {vote: {condition: service_healthy}}
    networks: [front-tier]
    restart: 'no'
volumes: {db-data: }
networks: {front-tier: , back-tier: }
",
        ),
        ("vote/app.py", "pass\n"),
        ("vote/templates/index.html", "<p>\n"),
        ("vote/static/stylesheets/style.css", "p {}\n"),
        ("healthchecks/redis.sh", "#!/bin/sh\n"),
        ("healthchecks/postgres.sh", "#!/bin/sh\n"),
    ];
    let differing = ["vote.image", "result.image", "worker.image", "seed.image"];
    let imported = Imported::new(&files).expect_same(&differing);
    imported.says("services.vote.volumes.0", "changed", "cannot be written in Kubernetes");
    imported.says("services.worker.build.args.MODE", "not-carried", "in Compose only");
    let services = imported.bench.read("new/platform/services.yaml");
    assert!(services.contains("build: ../../old/result\n"), "{services}");
    let compose = &imported.bench.documents("new/docker/compose.yaml")[0];
    assert_eq!(compose["services"]["seed"]["image"], "old-seed");
}

const AIRFLOW: &str = r#"version: '3.8'
x-airflow-common:
  &airflow-common
  image: ${AIRFLOW_IMAGE_NAME:-apache/airflow:2.9.3}
  environment:
    &airflow-common-env
    AIRFLOW__CORE__EXECUTOR: CeleryExecutor
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: postgresql+psycopg2://airflow:airflow@postgres/airflow
    AIRFLOW__CELERY__BROKER_URL: redis://:@redis:6379/0
    AIRFLOW__CORE__LOAD_EXAMPLES: 'true'
    _PIP_ADDITIONAL_REQUIREMENTS: ${_PIP_ADDITIONAL_REQUIREMENTS:-}
  volumes:
    - ${AIRFLOW_PROJ_DIR:-.}/dags:/opt/airflow/dags
    - ${AIRFLOW_PROJ_DIR:-.}/logs:/opt/airflow/logs
  user: "${AIRFLOW_UID:-50000}:0"
  depends_on:
    &airflow-common-depends-on
    redis: {condition: service_healthy}
    postgres: {condition: service_healthy}
x-unused: {a: {b: c}}
services:
  postgres:
    image: postgres:13
    environment: {POSTGRES_USER: airflow, POSTGRES_PASSWORD: "${POSTGRES_PASSWORD:?set it}"}
    volumes:
      - postgres-db-volume:/var/lib/postgresql/data
    healthcheck:
      test: ["CMD", "pg_isready", "-U", "airflow"]
      interval: 10s
      retries: 5
    restart: always
  redis:
    image: redis:7.2-bookworm
    expose:
      - 6379
    healthcheck: {test: ["CMD", "redis-cli", "ping"], start_period: 30s, start_interval: 2s}
    restart: always
  airflow-webserver:
    <<: *airflow-common
    command: webserver
    ports:
      - "${WEB_PORT:-8080}:8080"
    healthcheck:
      test: ["CMD", "curl", "--fail", "http://localhost:8080/health"]
    restart: always
    depends_on:
      <<: *airflow-common-depends-on
      airflow-init:
        condition: service_completed_successfully
  airflow-init:
    <<: *airflow-common
    entrypoint: /bin/bash
    command:
      - -c
      - |
        if [[ -z "${AIRFLOW_UID}" ]]; then
          echo "AIRFLOW_UID not set!"
        fi
        mem_available=$$(($$(getconf _PHYS_PAGES) / 1024))
        exec /entrypoint airflow version
    environment:
      <<: *airflow-common-env
      _AIRFLOW_WWW_USER_USERNAME: ${_AIRFLOW_WWW_USER_USERNAME:-airflow}
    user: "0:0"
    volumes:
      - ${AIRFLOW_PROJ_DIR:-.}:/sources
  flower:
    <<: *airflow-common
    command: celery flower
    profiles:
      - flower
    ports: ["5555:5555"]
volumes:
  postgres-db-volume:
"#;

#[test]
fn airflow_has_anchors_an_env_file_and_folders_to_be_made() {
    let files = [
        ("compose.yml", AIRFLOW),
        (".env", "AIRFLOW_UID=1000\nPOSTGRES_PASSWORD='a $ign'\nUNUSED=1\n"),
        ("dags/a.py", "pass\n"),
    ];
    let differing = ["airflow-webserver.volumes", "flower.volumes", "airflow-init.volumes"];
    let imported = Imported::new(&files).expect_same(&differing);
    imported.says("version", "not-carried", "no meaning");
    imported.says("x-airflow-common.image", "changed", "where its anchor is used");
    imported.says("x-unused.a.b", "not-carried", "no service uses");
    imported.says("services.redis.healthcheck.start_interval", "not-carried", "one period");
    imported.says("services.airflow-init", "carried", "waits for its end");
    imported.says("services.flower.volumes.1", "changed", "an empty folder");
    imported.says("services.airflow-init.volumes.0", "changed", ".env and .git stay behind");
    imported.says("x-variables.AIRFLOW_UID", "added", "may change it");
    imported.says("x-variables.POSTGRES_PASSWORD", "added", "x-secrets");
    assert_eq!(imported.row("services.flower.image")["place"], "old/compose.yml:4:3");
    let shared = imported.bench.read("new/platform/shared.yaml");
    assert!(shared.contains("AIRFLOW_IMAGE_NAME:\n    at-up: true\n"), "{shared}");
    assert!(!shared.contains("UNUSED"), "{shared}");
    assert!(!imported.run.stdout.contains("$ign"), "values are not shown");
}

#[test]
fn elk_has_unquoted_ports_and_limits() {
    let files = [
        (
            "compose.yml",
            "services:
  setup:
    image: docker.elastic.co/elasticsearch/elasticsearch:${STACK_VERSION}
    command: >
      bash -c 'echo \"All done!\"'
    user: '0'
  elasticsearch:
    depends_on: {setup: {condition: service_completed_successfully}}
    image: docker.elastic.co/elasticsearch/elasticsearch:${STACK_VERSION}
    environment:
      discovery.type: single-node
      ES_JAVA_OPTS: -Xms512m -Xmx512m
      ELASTIC_PASSWORD: ${ELASTIC_PASSWORD:-}
      bootstrap.memory_lock: true
      xpack.version: 1.10
      ratio: 1e3
    volumes:
      - ./elasticsearch/config/elasticsearch.yml:/usr/share/elasticsearch/config/elasticsearch.yml:ro,Z
      - elasticsearch:/usr/share/elasticsearch/data:Z
    ports:
      - 9200:9200
      - 9300:9300
    mem_limit: ${MEM_LIMIT:-1073741824}
    ulimits:
      memlock: {soft: -1, hard: -1}
    restart: unless-stopped
  logstash:
    image: docker.elastic.co/logstash/logstash:${STACK_VERSION}
    volumes:
      - ./logstash/pipeline:/usr/share/logstash/pipeline:ro,Z
    ports:
      - 5044:5044
      - 50000:50000/udp
    environment: {LS_JAVA_OPTS: -Xms256m -Xmx256m, DAY: 2024-01-31, SWITCH: yes}
    deploy: {resources: {limits: {memory: 512M, cpus: '0.50', pids: 100}}}
    restart: unless-stopped
  kibana:
    image: docker.elastic.co/kibana/kibana:${STACK_VERSION}
    ports:
      - 5601:5601
    depends_on: [elasticsearch]
    restart: unless-stopped
volumes:
  elasticsearch:
",
        ),
        (".env", "STACK_VERSION=8.14.3\n"),
        ("elasticsearch/config/elasticsearch.yml", "cluster.name: docker\n"),
        ("logstash/pipeline/logstash.conf", "input {}\n"),
    ];
    let imported = Imported::new(&files).expect_same(&[]);
    imported.says("services.elasticsearch.mem_limit", "changed", "$MEM_LIMIT cannot vary here");
    imported.says("services.elasticsearch.environment.ratio", "changed", "as Compose prints it");
    imported.says("services.elasticsearch.ulimits", "not-carried", "stays in the Compose file");
    imported.says("services.elasticsearch.ulimits.memlock.soft", "not-carried", "with services.");
    imported.says("services.logstash.deploy.resources.limits.memory", "carried", "");
    imported.says("services.logstash.deploy.resources.limits.pids", "not-carried", "kubelet");
}

#[test]
fn kafka_and_its_friends_find_each_other() {
    let files = [(
        "compose.yml",
        "services:
  zookeeper:
    image: confluentinc/cp-zookeeper:7.6.0
    hostname: zookeeper
    environment: {ZOOKEEPER_CLIENT_PORT: 2181, ZOOKEEPER_TICK_TIME: 2000}
  broker:
    image: confluentinc/cp-kafka:7.6.0
    container_name: broker
    depends_on: [zookeeper]
    ports: ['29092:29092', '9101-9102:9101-9102']
    environment:
      KAFKA_BROKER_ID: 1
      KAFKA_ZOOKEEPER_CONNECT: 'zookeeper:2181'
      KAFKA_ADVERTISED_LISTENERS: PLAINTEXT://broker:29092,PLAINTEXT_HOST://localhost:9092
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: false
    networks: {default: {aliases: [kafka], ipv4_address: 10.5.0.5}}
  schema-registry:
    image: confluentinc/cp-schema-registry:7.6.0
    depends_on: [broker]
    environment: {SCHEMA_REGISTRY_KAFKASTORE_BOOTSTRAP_SERVERS: 'broker:29092'}
  ui:
    image: provectuslabs/kafka-ui
    environment: [KAFKA_CLUSTERS_0_SCHEMAREGISTRY=http://schema-registry:8081]
    ports: [8080]
networks:
  default: {driver: bridge, ipam: {config: [{subnet: 10.5.0.0/16}]}}
",
    )];
    let imported = Imported::new(&files).expect_same(&[]);
    imported.says("services.broker.networks.default.ipv4_address", "not-carried", "addresses");
    imported.says("services.broker.networks.default.aliases", "carried", "");
    imported.says("networks.default.ipam", "not-carried", "in Compose only");
}

#[test]
fn gitea_reads_the_time_of_its_host() {
    let files = [(
        "compose.yml",
        "name: my_gitea
services:
  server:
    image: gitea/gitea:1.22
    container_name: gitea
    environment: [USER_UID=1000, 'GITEA__database__HOST=db:5432', EDITOR]
    restart: always
    volumes:
      - ./gitea:/data
      - /etc/timezone:/etc/timezone:ro
      - /etc/localtime:/etc/localtime:ro
      - ${HOME}/.ssh:/data/ssh:ro
    ports: ['3000:3000', 222:22]
    depends_on: [db]
  db:
    image: postgres:14
    restart: always
    volumes: ['./postgres:/var/lib/postgresql/data', {type: tmpfs, target: /tmp}]
    environment: {POSTGRES_DB: gitea, PGTZ: }
",
    )];
    let imported = Imported::new(&files).expect_same(&["server.volumes", "db.volumes"]);
    imported.says("services.server.x-host-paths", "added", "nodes must have them");
    imported.says("services.server.volumes.1", "changed", "a path of the host");
    imported.says("services.server.volumes.0", "changed", "the volume gitea now");
    imported.says("services.db.environment.PGTZ", "not-carried", "nothing in the project sets");
    imported.says("x-environments.local", "added", "not a namespace name");
    assert!(
        imported.bench.read("new/platform/services.yaml").contains("- \"~/.ssh:/data/ssh:ro\"\n")
    );
}

#[test]
fn traefik_watches_docker() {
    let files = [(
        "compose.yml",
        "services:
  traefik:
    image: traefik:v3.1
    command:
      - --api.insecure=true
      - --providers.docker=true
      - --entrypoints.web.address=:80
    ports: ['80:80', '127.0.0.1:8080:8080']
    volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro']
    security_opt: ['no-new-privileges:true']
    logging: {driver: json-file, options: {max-size: 10m}}
  whoami:
    image: traefik/whoami
    deploy: {mode: replicated, replicas: 3, labels: {a: b}}
    labels:
      - traefik.enable=true
      - traefik.http.routers.whoami.rule=Host(`whoami.localhost`)
      - traefik.http.middlewares.auth.basicauth.users=user:$$apr1$$q8eZFHjF
      - traefik.http.services.whoami.loadbalancer.server.port=80
",
    )];
    let imported = Imported::new(&files).expect_same(&[]);
    imported.says("services.traefik.x-host-paths", "added", "");
    imported.says("services.traefik.security_opt", "carried", "");
    imported.says("services.traefik.logging.options.max-size", "not-carried", "with services.");
    imported.says("services.whoami.deploy.replicas", "carried", "");
    imported.says("services.whoami.deploy.labels", "not-carried", "Swarm");
}
