# One image for all functions; the infrastructure names the handler (infra/components/functions.py).
# infra/release/build_image.py does the work, so that tests can do exactly the same without Docker.
# The base is pinned to an index of all processors; `make base-image` raises it, image-check tries it.
FROM public.ecr.aws/lambda/python:3.13@sha256:5dd3e2c637709e8437ef7b2ea42ebeee9824e62d2f6ba7afe788a4fd6e2a96f0 AS build
ENV PIP_NO_CACHE_DIR=1
WORKDIR /build
# Packages first: their layer stays the same, and cached near Lambda, while only code changes.
COPY requirements.txt infra/release/build_image.py ./
RUN python3 build_image.py packages /packages
COPY app app
COPY routers routers
COPY workers workers
RUN python3 build_image.py code /code

FROM public.ecr.aws/lambda/python:3.13@sha256:5dd3e2c637709e8437ef7b2ea42ebeee9824e62d2f6ba7afe788a4fd6e2a96f0
# Saves a search through all packages at every start; the shop has no pydantic plugins.
ENV PYDANTIC_DISABLE_PLUGINS=__all__
COPY --from=build /packages ${LAMBDA_TASK_ROOT}/
COPY --from=build /code ${LAMBDA_TASK_ROOT}/
# Lambda picks a user of its own; anywhere else the functions need no rights either.
USER 65534:65534
CMD ["app.main.handler"]
