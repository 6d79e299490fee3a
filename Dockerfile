FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 STATIC_ROOT=/srv/static
WORKDIR /srv/magpie
RUN useradd --system --create-home magpie

COPY requirements/base.txt requirements/base.txt
RUN pip install --no-cache-dir --require-hashes -r requirements/base.txt

COPY . .
# Collecting needs no database, but Django asks for a key.
RUN SECRET_KEY=collect python manage.py collectstatic --noinput && chown -R magpie /srv/static

USER magpie
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", \
     "--workers", "2", "--blocking-threads", "8", "shop.wsgi:application"]
