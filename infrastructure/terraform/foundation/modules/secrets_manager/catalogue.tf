locals {
  # The secrets and keys of infrastructure/platform/secrets.yaml; a test compares the two. Beside each
  # key stands what `make eks-secrets` makes its first value of: no value is written here.
  catalogue = {
    "rideshare/airflow" = {
      FERNET_KEY     = "fernet"
      JWT_SECRET     = "password"
      API_SECRET_KEY = "password"
      ADMIN_USERNAME = "name"
      ADMIN_PASSWORD = "password"
    }
    "rideshare/api-key" = {
      API_KEY = "password"
    }
    "rideshare/grafana" = {
      ADMIN_USER     = "name"
      ADMIN_PASSWORD = "password"
    }
    "rideshare/hive-thrift" = {
      LDAP_USERNAME = "name"
      LDAP_PASSWORD = "password"
    }
    "rideshare/kafka" = {
      KAFKA_SASL_USERNAME = "name"
      KAFKA_SASL_PASSWORD = "password"
    }
    "rideshare/ldap" = {
      LDAP_ADMIN_PASSWORD  = "password"
      LDAP_CONFIG_PASSWORD = "password"
    }
    "rideshare/minio" = {
      MINIO_ROOT_USER     = "name"
      MINIO_ROOT_PASSWORD = "password"
    }
    "rideshare/postgres-airflow" = {
      POSTGRES_USER     = "name"
      POSTGRES_PASSWORD = "password"
    }
    "rideshare/postgres-metastore" = {
      POSTGRES_USER     = "name"
      POSTGRES_PASSWORD = "password"
    }
    "rideshare/redis" = {
      REDIS_PASSWORD = "password"
    }
    "rideshare/schema-registry" = {
      SCHEMA_REGISTRY_USER     = "name"
      SCHEMA_REGISTRY_PASSWORD = "password"
    }
  }
}
