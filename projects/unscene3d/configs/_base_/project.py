# What every config of the project imports.
custom_imports = dict(
    imports=['projects.unscene3d.unscene3d'], allow_failed_imports=False
)
