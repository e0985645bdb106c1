# What every config of the project imports.
custom_imports = dict(
    imports=['projects.ssl_instances.ssl_instances'],
    allow_failed_imports=False,
)
