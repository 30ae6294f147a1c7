"""Traces of calls for whoever collects them, by OpenTelemetry's conventions for voice agents (GenAI, in development).

A call is a trace: ``invoke_workflow``, in it an ``invoke_agent`` for each turn, in each turn its stages in the order
in which the caller waited for them. The times of the stages are their parts of that wait, which add up to it: the ear
goes on while the caller speaks, and so do brain and voice while the first sentence is heard.
"""
