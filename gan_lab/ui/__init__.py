"""Everything that imports Streamlit, beside the pages: widgets, live components, the shell."""
