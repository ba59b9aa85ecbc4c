"""report.html: what a workdir holds, on one page that can be passed on."""
