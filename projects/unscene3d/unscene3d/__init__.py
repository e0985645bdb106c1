"""UnScene3D: unsupervised instance segmentation of 3D scans."""
