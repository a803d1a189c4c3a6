# Airflow with contactsync installed as a package. dags/ and include/ are mounted, not copied: syncs change without a build.
# plugins/ is in neither: a second copy on Airflow's plugin path would hide the installed one.
ARG AIRFLOW_IMAGE=apache/airflow:slim-3.3.2-python3.12

# The slim image has no providers but Airflow's own; the lock file brings the rest, in the versions that were tested.
# For CeleryExecutor and artefacts in S3 (docs/scaling-out.md): --build-arg SCALE_OUT=yes
FROM ${AIRFLOW_IMAGE} AS locked
ARG SCALE_OUT=
COPY requirements.lock requirements-celery.lock /tmp/
RUN pip install --no-cache-dir --require-hashes -r /tmp/requirements.lock ${SCALE_OUT:+-r /tmp/requirements-celery.lock}

FROM locked AS wheel
WORKDIR /tmp/source
COPY --chown=airflow:0 pyproject.toml README.md LICENSE ./
COPY --chown=airflow:0 plugins/contactsync plugins/contactsync
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /tmp/wheel .

FROM locked
COPY --from=wheel /tmp/wheel /tmp/wheel
# The folder exists so that a volume mounted there belongs to this user.
RUN pip install --no-cache-dir --no-deps /tmp/wheel/*.whl && mkdir -p "${AIRFLOW_HOME}/contactsync"
USER airflow
