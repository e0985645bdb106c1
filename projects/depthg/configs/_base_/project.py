# What every config of the project imports.
custom_imports = dict(
    imports=['projects.depthg.depthg'], allow_failed_imports=False
)
