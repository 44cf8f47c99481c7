"""The shop on one machine: ``acme-shop run``.

One supervisor (``supervisor.py``) owns every socket and starts five children on them: the
AWS emulator, the API and a host for each worker. The emulator's event source mappings and
its schedule call the hosts, which run the real Lambda handlers.

    acme-shop run ── emulator_server   MiniStack: table, queues, mappings, schedule, keys
                  ├─ api_server        uvicorn with app.main:app
                  ├─ function_host     payment
                  ├─ function_host     order
                  └─ function_host     shipment

A child ends when its parent does, however that ends (``parent_watchdog.py``). The shop's data
is in one folder (``data_folder.py``).
"""
