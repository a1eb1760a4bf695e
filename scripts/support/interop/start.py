"""Starts a server from a Python package that lies in a folder: FOLDER MODULE [ARGUMENT...]"""

import importlib
import sys

folder, module = sys.argv[1:3]
del sys.argv[1:3]
sys.path.insert(0, folder)
importlib.import_module(module).main()
